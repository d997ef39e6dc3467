/**
 * A module of the browser pages, run here as it is: those that touch no document. They are plain
 * JavaScript, so the test says the shape it expects.
 */
export async function loadBrowserModule<Shape>(file: string): Promise<Shape> {
  const url = new URL(`../../../services/checkout/public/${file}`, import.meta.url);
  return (await import(url.href)) as Shape;
}
