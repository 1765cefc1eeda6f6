/**
 * The part of the Elastic Common Schema that a log line may use, by hand from the public reference of ECS 8 (field reference: base, ecs,
 * error, event, host, http, log, process, service, tracing), and a check of a line against it.
 */
import { LOG_FIELDS } from '../../../../src/ops/logs/log-fields.ts'

export const ECS_TYPES: Readonly<Record<string, string>> = {
  '@timestamp': 'date',
  message: 'match_only_text',
  'ecs.version': 'keyword',
  'error.code': 'keyword',
  'error.message': 'match_only_text',
  'error.stack_trace': 'wildcard',
  'error.type': 'keyword',
  'event.action': 'keyword',
  'event.category': 'keyword',
  'event.dataset': 'keyword',
  'event.duration': 'long',
  'event.outcome': 'keyword',
  'event.type': 'keyword',
  'host.hostname': 'keyword',
  'http.response.status_code': 'long',
  'log.level': 'keyword',
  'log.logger': 'keyword',
  'process.pid': 'long',
  'service.name': 'keyword',
  'span.id': 'keyword',
  'trace.id': 'keyword',
}
/** Fields of which the reference says that they are always an array. */
const ARRAYS = ['event.category', 'event.type']
/** Which `event.type` the reference expects with which `event.category`. */
const EXPECTED_TYPES: Readonly<Record<string, readonly string[]>> = {
  network: ['access', 'allowed', 'connection', 'denied', 'end', 'info', 'protocol', 'start'],
  process: ['access', 'change', 'end', 'info', 'start'],
  web: ['access', 'error', 'info'],
}
const OUTCOMES = ['failure', 'success', 'unknown']
const REQUIRED = ['@timestamp', 'log.level', 'message', 'ecs.version']

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  date: (value) => typeof value === 'string' && new Date(value).toJSON() === value,
  keyword: (value) => typeof value === 'string' && Buffer.byteLength(value) <= 1_024,
  match_only_text: (value) => typeof value === 'string',
  wildcard: (value) => typeof value === 'string',
  long: Number.isSafeInteger,
  boolean: (value) => typeof value === 'boolean',
}

/** What is wrong with a line; empty: nothing. */
export function wrongIn(line: Readonly<Record<string, unknown>>): string[] {
  const wrong = REQUIRED.filter((name) => line[name] === undefined).map((name) => `${name} is missing`)
  for (const [name, value] of Object.entries(line)) {
    const own = (LOG_FIELDS as Readonly<Record<string, readonly [string, string]>>)[name]?.[0]
    const type = name.startsWith('holdfast.') ? own : ECS_TYPES[name]
    const isArray = ARRAYS.includes(name)
    if (type === undefined) wrong.push(`${name} is no field of ECS, nor of ours`)
    else if (own === undefined) wrong.push(`${name} is not in the table of fields`)
    else if (isArray !== Array.isArray(value)) wrong.push(`${name} is ${isArray ? 'no' : 'an'} array`)
    else if (![value].flat().every((one) => FITS[type]?.(one)))
      wrong.push(`${name} is no ${type}: ${JSON.stringify(value)}`)
  }
  for (const category of [line['event.category'] ?? []].flat() as string[]) {
    for (const type of [line['event.type'] ?? []].flat() as string[]) {
      if (!EXPECTED_TYPES[category]?.includes(type)) wrong.push(`event.type ${type} does not go with ${category}`)
    }
  }
  const outcome = line['event.outcome']
  if (outcome !== undefined && !OUTCOMES.includes(String(outcome))) wrong.push(`event.outcome is ${outcome}`)
  return wrong
}
