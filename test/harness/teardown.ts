/** The one thing the harness needs of a tap test. */
export type Teardown = { teardown(work: () => unknown): unknown };
