import { STATUS_CODES } from 'node:http';
import { Compile } from 'typebox/schema';
import type { Validator } from 'typebox/schema';
import { isReasonCode, REASONS } from '../../../services/shared/contracts/reasons.ts';
import type { JsonSchema, Operation } from './read-operations.ts';
import type { FuzzAnswer, SentRequest } from './send-request.ts';

/**
 * What is wrong with an answer, in words; undefined if nothing is. `operation` is what was addressed;
 * undefined when the method or the path lead to none, which only ever is a 4xx.
 */
export function faultOfAnswer(
  { method }: Pick<SentRequest, 'method'>,
  { status, headers, text }: FuzzAnswer,
  operation: Operation | undefined,
): string | undefined {
  const given = headers['content-type'];
  const type = typeof given === 'string' ? given.split(';')[0] ?? '' : '';
  if (status >= 500) return `is answered ${status}: ${text}`;
  if (typeof headers['x-trace-id'] !== 'string') return `is answered ${status} without x-trace-id`;
  const isBodiless = method === 'HEAD' || status === 204 || status === 304;
  if (isBodiless && text !== '') return `is answered ${status} with a body: ${text}`;
  if (status >= 400 && !isBodiless) {
    const fault = faultOfProblem(status, type, text);
    if (fault !== undefined) return fault;
  }
  if (operation === undefined) {
    if (status >= 400 || method === 'HEAD') return undefined;
    return `is answered ${status}, but is not in the OpenAPI`;
  }
  return faultOfContent(operation, status, isBodiless ? '' : type, text);
}

function faultOfProblem(status: number, type: string, text: string): string | undefined {
  if (type !== 'application/problem+json') {
    return `is refused with ${status} as ${type || 'nothing'}: ${text}`;
  }
  const { code, status: said, title, type: name } = JSON.parse(text) as Record<string, unknown>;
  if (typeof code !== 'string' || !isReasonCode(code)) return `is refused with an unknown code: ${text}`;
  const isWhole = said === status && REASONS[code].status === status && title === REASONS[code].title
    && name === `urn:onsale:reason:${code}`;
  return isWhole ? undefined : `is refused with ${status}, but says otherwise: ${text}`;
}

/** Against the schema of the status, or of its class. */
function faultOfContent(
  { responses }: Operation,
  status: number,
  type: string,
  text: string,
): string | undefined {
  const contents = responses[status] ?? responses[`${String(status)[0]}XX`];
  if (contents === undefined) {
    return `is answered ${status} ${STATUS_CODES[status]}, which is not in the OpenAPI`;
  }
  if (type === '') return text === '' ? undefined : `is answered ${status} without content-type: ${text}`;
  const schema = contents[type];
  if (schema === undefined) {
    return `is answered ${status} as ${type}; the OpenAPI has ${Object.keys(contents).join() || 'no body'}`;
  }
  if (type === 'text/event-stream') return undefined;
  const validator = validatorOf(schema);
  const body: unknown = JSON.parse(text);
  if (validator.Check(body)) return undefined;
  const [, errors] = validator.Errors(body);
  return `is answered ${status}, not as in the OpenAPI: ${JSON.stringify(errors[0])} in ${text}`;
}

const validators = new Map<JsonSchema, Validator>();

function validatorOf(schema: JsonSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = Compile(schema as Record<string, unknown>);
  validators.set(schema, made);
  return made;
}
