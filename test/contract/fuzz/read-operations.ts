/** A schema as it stands in an OpenAPI 3.1 document: JSON Schema. */
export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** One path and method of the API, as its OpenAPI document describes it. */
export interface Operation {
  /** upper case */
  method: string;
  /** with `{name}` for its parameters */
  path: string;
  /** by name: what stands in the path */
  params: Record<string, JsonSchema>;
  /** by name: what may stand behind the question mark */
  query: Record<string, JsonSchema>;
  body: JsonSchema | undefined;
  /** by status or `4XX`, then by media type; no media type: no body */
  responses: Record<string, Record<string, JsonSchema>>;
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, {
    parameters?: { name: string; in: string; schema: JsonSchema }[];
    requestBody?: { content: Record<string, { schema: JsonSchema }> };
    responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
  }>>;
}

/** All operations of a document, in the order it lists them. */
export function readOperations({ paths }: OpenApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const those = (place: string) => Object.fromEntries(
        parameters.filter((one) => one.in === place).map(({ name, schema }) => [name, schema]));
      return {
        method: method.toUpperCase(),
        path,
        params: those('path'),
        query: those('query'),
        body: requestBody?.content['application/json']?.schema,
        responses: Object.fromEntries(Object.entries(responses).map(([status, { content = {} }]) =>
          [status, Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema]))])),
      };
    }));
}
