/**
 * Every field a log line can have: its name, its type in Elasticsearch, what it is. Names without `holdfast.` are those of the
 * Elastic Common Schema (ECS) 8. A constant; `docs/reference/logs.md` and the index template of `deploy/logs/` hold the same.
 *
 * What ECS has no name for is under `holdfast.`: its `labels` are keywords only, and could neither be added up nor compared.
 */

export type FieldType = 'date' | 'keyword' | 'long' | 'boolean' | 'match_only_text' | 'wildcard'

export type FieldValue = string | number | boolean | readonly string[]

export const LOG_FIELDS = {
  '@timestamp': ['date', 'when it happened, as ISO 8601 in UTC'],
  'log.level': ['keyword', '`trace`, `debug`, `info`, `warn`, `error` or `fatal`'],
  message: ['match_only_text', 'a sentence'],
  'ecs.version': ['keyword', 'of the schema'],
  'process.pid': ['long', 'who has written the line'],
  'host.hostname': ['keyword', 'where'],
  'log.logger': ['keyword', 'always `holdfast`'],
  'service.name': ['keyword', 'the option `service`'],
  'event.dataset': ['keyword', 'always `holdfast`, so that its lines are found among those of the application'],
  'event.action': ['keyword', 'the event'],
  'event.category': ['keyword', 'of ECS: `network`, `process`, `web`'],
  'event.type': ['keyword', 'of ECS: `start`, `end`, `denied`, `error`, …'],
  'event.outcome': ['keyword', '`success` or `failure`, where there is one'],
  'event.duration': ['long', 'in nanoseconds, as ECS wants it'],
  'error.code': ['keyword', 'of the [error table](errors.md)'],
  'error.type': ['keyword', 'the class of what was thrown'],
  'error.message': [
    'match_only_text',
    'its message; text of messages that Node quotes in errors of JSON is left out. Not with `errorMessages: false`',
  ],
  'error.stack_trace': ['wildcard', 'its lines of code, without the message'],
  'http.response.status_code': ['long', 'with which an upgrade was refused'],
  'trace.id': [
    'keyword',
    'the trace of the upgrade, or of that of the connection, where [OpenTelemetry](../guides/tracing.md) is on',
  ],
  'span.id': ['keyword', 'the span of it'],
  'holdfast.connection.id': [
    'keyword',
    'as `connection.id`, and in `/debug/connections/:id`; the same name as in [spans](../guides/tracing.md)',
  ],
  'holdfast.connection.received': ['long', 'messages that had come from it'],
  'holdfast.connection.sent': ['long', 'messages that were sent to it'],
  'holdfast.route': ['keyword', 'the path of the route as it was declared; never that of the request'],
  'holdfast.worker.slot': ['long', 'number of the worker, from 0, under `holdfast run`'],
  'holdfast.worker.version': ['long', 'which version of the app it runs: 1, and one more with each reload'],
  'holdfast.worker.pid': ['long', "its process, in lines of the supervisor and of another worker's link"],
  'holdfast.worker.state': ['keyword', '`starting`, `ready`, `serving`, `moving`, `draining`, `gone`'],
  'holdfast.close.code': ['long', 'the close code; 1006 for none'],
  'holdfast.close.by': ['keyword', 'who decided: `peer`, `server`, `network`'],
  'holdfast.close.clean': ['boolean', 'both sides have said close'],
  'holdfast.close.cause': ['keyword', 'why, in a word: `peer closed`, `limit`, `no pong`, …'],
  'holdfast.reason': ['keyword', 'why, one of a few: of a refusal, a failure, a drop, a link'],
  'holdfast.detail': ['keyword', 'why, in words of this library or of Node'],
  'holdfast.limit.name': ['keyword', 'the option whose bound was reached'],
  'holdfast.limit.mode': ['keyword', '`refuse` or `warn`'],
  'holdfast.count': ['long', 'how many: of what, the message says'],
  'holdfast.total': ['long', 'of so many'],
  'holdfast.bytes': ['long', 'how many bytes: of what, the message says'],
  'holdfast.kind': ['keyword', 'of what leaks: `connection`, `request`, or the name given to `expectReleased()`'],
  'holdfast.answered': ['boolean', 'the other process has said that it has the connection'],
  'holdfast.memory.before': ['long', 'RSS before the collection, in bytes'],
  'holdfast.memory.after': ['long', 'RSS after it'],
  'holdfast.port': ['long', 'on which the supervisor listens'],
  'holdfast.left_out': ['long', 'so many more lines like it were not written'],
} as const satisfies Record<string, readonly [type: FieldType, about: string]>

export type FieldName = keyof typeof LOG_FIELDS
export type Fields = { [Name in FieldName]?: FieldValue }
