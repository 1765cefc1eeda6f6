// docs/reference/logs.md: every line of the log and every field, from the tables in src/ops/logs/. A part of scripts/docs.js.

/** @param tables of server, supervisor and links @param own what the log says of itself @param fields name to [type, about] @param options of logs() */
export function logLines({ server, supervisor, links, own, fields, options }, { optionTable, markdownTable }) {
  const lines = (table) =>
    markdownTable(
      ['event', 'level', 'message', 'fields beside those of every line'],
      Object.entries(table).map(([name, { level, except, message, fields: read }]) => [
        `\`${name}\``,
        except === undefined ? level : `${level}; ${except.level} ${except.about}`,
        message.replace(/\{([\w.]+)\}/g, '*$1*'),
        (Array.isArray(read) ? read : Object.keys(read)).map((field) => `\`${field}\``).join(', '),
      ]),
    )
  const ownTable = Object.fromEntries(
    Object.entries(own).map(([name, { level, about, message, fields: read }]) => [
      name,
      { level, except: { level: '', about }, message, fields: read },
    ]),
  )
  return [
    'What the library [announces](events.md), written as a log: one line of JSON for each event, with the names of the Elastic Common',
    'Schema (ECS). How to turn it on, and where to send it: [logs and health](../guides/logs-and-health.md).',
    '',
    '```js',
    "import { createServer } from 'holdfast'",
    "import { logs } from 'holdfast/logs'",
    '',
    'const server = createServer()',
    "const log = logs(server, { level: 'info' })     // to standard output; it ends with the server, or with log.close()",
    '```',
    '',
    'Under `holdfast run` it is a flag: `--log json`. No line says anything that a client has written: no address, path, query, header,',
    'payload, close reason, room or user. *Words in italics* are filled in from the fields.',
    '',
    '## Lines of a server',
    '',
    'Those of a connection have `holdfast.connection.id`, `holdfast.route`, and `trace.id` and `span.id` where its upgrade was traced.',
    '',
    ...lines(server),
    '',
    '## Lines of a supervisor',
    '',
    ...lines(supervisor),
    '',
    '## Lines of the links between workers',
    '',
    ...lines(links),
    '',
    '## Lines of the log itself',
    '',
    ...lines(ownTable),
    '',
    '## Fields',
    '',
    'A line has those that are known. The type is that of the index template in `deploy/logs/`; a line is at most 4,096 bytes long, for which',
    'long texts are cut.',
    '',
    ...markdownTable(
      ['field', 'type', 'what it is'],
      Object.entries(fields).map(([name, [type, about]]) => [`\`${name}\``, `\`${type}\``, about]),
    ),
    '',
    '## Options of `logs()`',
    '',
    ...optionTable(options),
  ]
}
