// The page docs/reference/api.md: every public member of what users hold, with its signature and its comment, read from
// the text of src/. Part of scripts/docs.js, which writes and checks the page. Never runs what it reads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `owner` is what the member is called on; `told` is what the source says nowhere as a comment of its own. */
const SECTIONS = [
  { title: 'Making a server', path: 'server/server.ts', call: 'createServer' },
  {
    title: 'Server',
    path: 'server/server.ts',
    name: 'Server',
    owner: 'server',
    about:
      'What `createServer()` returns. Its events are in [events.md](events.md), its options in [options.md](options.md).',
    told: {
      options: 'The options in force, defaults included.',
      connection: 'The connection of that id, unless it has closed.',
      room: 'A room by name. A room without members exists as a name only: there is nothing to make and nothing to end.',
      '[Symbol.asyncDispose]': 'For `await using`: the same as `close()`.',
    },
  },
  {
    title: 'Route: its handlers',
    path: 'connection/handlers.ts',
    name: 'ConnectionHandlers',
    about: 'What `server.route(path, declaration)` takes, beside `upgrade` and the [options of a route](options.md).',
    before: { path: 'server/routes.ts', name: 'RouteDeclaration' },
  },
  {
    title: 'Route: its handoff',
    path: 'connection/handlers.ts',
    name: 'Handoff',
    about:
      'What a route gives as `handoff` when `connection.data` is more than plain data: see [moving to another process](../LIFECYCLE.md#moving-to-another-process).',
  },
  {
    title: 'Request',
    path: 'server/upgrade-request.ts',
    name: 'UpgradeRequest',
    owner: 'request',
    about:
      'What middleware and `upgrade` get. It ends with its answer: every property used later throws HF_REQUEST_OVER. What is needed later, return from `upgrade`.',
    told: {
      headers: 'The headers: `get(name)`, `has(name)`, or iterate.',
      host: 'The Host header, or the empty string.',
    },
  },
  {
    title: 'Request headers',
    path: 'server/upgrade-request.ts',
    name: 'RequestHeaders',
    owner: 'headers',
    about: 'What `request.headers` is.',
    told: { has: 'Is it there?', '[Symbol.iterator]': 'All of them, as pairs of name and value.' },
  },
  { title: 'Stopping', path: 'server/drain-on-signal.ts', call: 'drainOnSignal' },
  { title: 'Refusing', path: 'server/refusal.ts', call: 'reject' },
  {
    title: 'Connection',
    path: 'connection/connection.ts',
    name: 'Connection',
    owner: 'connection',
    about:
      'One open WebSocket. When it has closed it keeps its id, its ending and a few numbers; the rest says so below.',
    told: {
      state: 'Where in its life it is: see [LIFECYCLE.md](../LIFECYCLE.md).',
      messagesReceived: 'How many messages have come; stays when it has closed.',
      messagesSent: 'How many messages were accepted; stays when it has closed.',
    },
  },
  {
    title: 'Scope',
    path: 'base/scope.ts',
    name: 'Scope',
    owner: 'scope',
    about:
      '`connection.scope` and `server.scope`: a lifetime. What is put into it is released when it ends, last in first out.',
    told: { name: 'Shown in errors.', ended: 'Has it ended? What is added now is released at once.' },
  },
  {
    title: 'Turn',
    path: 'connection/turn.ts',
    name: 'Turn',
    owner: 'turn',
    about: 'One run of the handler `message`: its third argument.',
  },
  {
    title: 'Room',
    path: 'connection/connection-context.ts',
    name: 'Room',
    owner: 'room',
    about:
      'What `connection.room(name)` and `server.room(name)` return: a name, and whoever is in it at the moment of the call.',
    told: { name: 'Its name.' },
  },
  {
    title: 'User',
    path: 'hub/user.ts',
    name: 'User',
    owner: 'user',
    about:
      'What `server.user(key)` returns: a key, and whichever connections have it at the moment of the call. The handler `user` of a route gives each its key.',
  },
  {
    title: 'Ending',
    path: 'protocol/ending.ts',
    name: 'Ending',
    owner: 'ending',
    about: 'What `close` gets: plain data.',
  },
  { title: 'The client: holdfast/client', path: 'client/index.ts', call: 'connect' },
  {
    title: 'Client',
    path: 'client/index.ts',
    name: 'Client',
    owner: 'client',
    about: 'What `connect()` returns: one WebSocket that comes back. See [the guide](../guides/client.md).',
    told: { state: 'Where it is; see `ClientState` in the guide.' },
  },
  {
    title: 'Client: its options',
    path: 'client/index.ts',
    name: 'ClientOptions',
    about: 'The second argument of `connect()`.',
  },
  { title: 'Tracing: holdfast/opentelemetry', path: 'diagnose/trace/trace.ts', call: 'trace' },
]
const SHAPES = [
  ['connection/connection.ts', 'EndOptions'],
  ['server/listen.ts', 'ListenOptions'],
  ['hub/deliver.ts', 'PublishOptions'],
  ['connection/connection-context.ts', 'Presence'],
  ['server/drain-report.ts', 'DrainReport'],
  ['server/drain-report.ts', 'DrainCounts'],
  ['server/drain-report.ts', 'ForcedWork'],
  ['server/drain-report.ts', 'DrainedSlowly'],
  ['server/drain-on-signal.ts', 'DrainOnSignalOptions'],
  ['connection/handlers.ts', 'Hold'],
  ['base/scope-context.ts', 'Held'],
  ['base/errors.ts', 'HoldfastError'],
  ['hub/ledger.ts', 'LedgerCounts'],
]
const TYPES = [
  ['connection/message-bytes.ts', 'Message'],
  ['connection/sending.ts', 'SendResult'],
  ['connection/state.ts', 'StateName'],
  ['server/middleware.ts', 'Middleware'],
]

/** An argument for tests of the library itself. */
const FOR_TESTS = /, surroundings\?: \w+/

/** The lines of the page below its title. `root` is the repository. */
export function apiLines(root) {
  const read = (path) => readFileSync(join(root, 'src', path), 'utf8')
  return [
    'Everything users hold, with its signature. All of it is imported from `holdfast`, but the client from `holdfast/client` and tracing from `holdfast/opentelemetry`; the types of the arguments are at the end.',
    '',
    ...SECTIONS.flatMap((section) => [`## ${section.title}`, '', ...sectionLines(section, read), '']),
    '## Shapes and types',
    '',
    ...SHAPES.flatMap(([path, name]) => [`### ${name}`, '', ...memberLines(membersOf(read(path), name)), '']),
    '### Others',
    '',
    ...TYPES.map(([path, name]) => typeLine(read(path), name)),
  ]
}

function sectionLines({ path, call, name, owner, about, told, before }, read) {
  if (call !== undefined) return functionLines(read(path), call)
  const earlier = before === undefined ? [] : membersOf(read(before.path), before.name)
  return [linked(about), '', ...memberLines([...earlier, ...membersOf(read(path), name)], owner, told)]
}

function functionLines(source, name) {
  const found = new RegExp(
    `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:async )?function (${name}(?:<[^(]*>)?\\([\\s\\S]*?) \\{\\n`,
  ).exec(source)
  if (found === null) throw new Error(`${name}() has no comment that can be read`)
  return memberLines([
    {
      name,
      signature: optional(tidy(found[2]))
        .replace(FOR_TESTS, '')
        .replace(/^(\w+)<[^(]*>/, '$1'),
      ...commentOf(found[1]),
    },
  ])
}

function typeLine(source, name) {
  const found = new RegExp(`export type ${name} =([\\s\\S]*?)\\n(?=\\n|export|\\/\\*\\*|$)`).exec(source)
  if (found === null) throw new Error(`the type ${name} cannot be read`)
  const { about } = commentOf(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(source.slice(0, found.index))?.[1] ?? '')
  const written = found[1].trim() === "State['name']" ? stateNames(source) : found[1]
  const shape = tidy(written.trim().replace(/\s*\n\s*\|?\s*/g, ' | '))
  return `- \`${name} = ${shape.replace(/^\| /, '')}\`${about === '' ? '' : `: ${linked(about)}`}`
}

function stateNames(source) {
  return [...source.matchAll(/readonly name: ('\w+')/g)].map(([, name]) => name).join(' | ')
}

/** Members at the first level of a class or interface: public ones, in the order of the source. */
export function membersOf(source, name) {
  const body = new RegExp(`export (?:class|interface) ${name}\\b[\\s\\S]*?\\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1]
  if (body === undefined) throw new Error(`${name} is not in the source any more: correct scripts/docs-api.js`)
  const lines = body.split('\n')
  const members = []
  let comment = ''
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at]
    if (/^ {2}\/\*\*/.test(line)) {
      comment = line
      while (!lines[at].includes('*/')) comment += `\n${lines[++at]}`
      continue
    }
    if (!/^ {2}[\w*[]/.test(line)) continue
    while (count(line, '(') > count(line, ')')) line += ` ${lines[++at].trim()}`
    const signature = signatureOf(line)
    const named = /^(?:readonly )?(\[[\w.]+\]|\w+)/.exec(signature)?.[1]
    if (signature !== null && !comment.includes('@internal')) {
      members.push({ name: named, signature, ...commentOf(comment) })
    }
    comment = ''
  }
  if (members.length === 0) throw new Error(`${name} has no members that can be read: correct scripts/docs-api.js`)
  return members
}

/** What a caller sees of a declaration; null for what is no part of the interface. */
function signatureOf(line) {
  const text = tidy(line.trim())
  if (/^(?:private |protected |static|constructor\b|override )|^(?:async )?(?:readonly )?\*?#/.test(text)) return null
  if (/^get /.test(text)) return text.replace(/^get (\w+)\(\)/, 'readonly $1').replace(/ \{$/, '')
  const plain = text.replace(/^async /, '').replace(/^\*/, '')
  return /^(?:readonly )?\w+\??:/.test(plain) ? plain.replace(/ = .*$/, '') : optional(plain.replace(/ \{$/, ''))
}

/** An argument with a default is one that may be left out. */
function optional(signature) {
  return signature
    .replace(/([(,] ?)(\w+) = (?:'[^']*'|`[^`]*`)/g, '$1$2?: string')
    .replace(/(\w+): ([^=:]*?) = [^,)]+(?=[,)])/g, '$1?: $2')
}

function commentOf(comment) {
  const text = comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/\n\s*\*?/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  const [about, ...parts] = ` ${text}`.split(/\s@(?=(?:param|returns|throws)\s)/)
  const tags = parts
    .map((part) => /^(\w+)\s+([\s\S]*)$/.exec(part.trim()) ?? [])
    .map(([, tag, said]) => ({ tag, said }))
  return { about: about.trim(), tags }
}

function memberLines(members, owner, told = {}) {
  return members.flatMap(({ name, signature, about, tags }) => {
    const shown = signature.replace('readonly ', '')
    const called = owner === undefined ? shown : `${owner}${shown.startsWith('[') ? '' : '.'}${shown}`
    const said = about || told[name] || ''
    return [`- \`${called}\`${said === '' ? '' : `: ${linked(said)}`}`, ...tags.map((tag) => `  - ${tagLine(tag)}`)]
  })
}

function tagLine({ tag, said }) {
  if (tag === 'param') return said.replace(/^(\w+)\s+([\s\S]*)$/, (_, name, what) => `\`${name}\`: ${linked(what)}`)
  return `${tag}: ${linked(said.replace(/^HoldfastError /, ''))}`
}

/** The codes of errors lead to what they mean. */
function linked(text) {
  return text.replace(/\bHF_[A-Z_]*[A-Z]\b/g, (code) => `[${code}](errors.md#${code.toLowerCase()})`)
}

function tidy(text) {
  return text.replace(/\s+/g, ' ').replaceAll('( ', '(').replace(/,? \)/g, ')')
}

function count(text, letter) {
  return text.split(letter).length - 1
}
