/**
 * The servers under test: one of the library's own per profile, each on a free port of the loopback, all echoing.
 * Owned by the test that starts them; end with `close()`. Never changes a message.
 */
import { createServer } from '../../src/index.ts'
import { balanced } from '../support/serving.ts'
import { LIMIT_BYTES } from './cases/limits.ts'
import type { Profile } from './cases.ts'
import type { Target } from './wire-client.ts'

const HOST = '127.0.0.1'
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024 + 1024

type Options = NonNullable<Parameters<typeof createServer>[0]>

const LARGE = {
  origins: 'any',
  messageBytesMax: MESSAGE_BYTES_MAX,
  fragmentsMax: 100_000,
  outboxBytesMax: 4 * MESSAGE_BYTES_MAX,
  inboxBytesMax: 8 * MESSAGE_BYTES_MAX,
  handlerQueueMax: 4096,
  // Far beyond the suite's own deadline: a server that waits for us to end TCP first fails its case instead of timing out.
  closeTimeoutMs: 60_000,
} satisfies Options

/** Small messages too, so that what the server compresses is looked at in every case. */
const COMPRESS_ALL = { thresholdBytes: 0 }

const OPTIONS: Readonly<Record<Profile, Options>> = {
  plain: LARGE,
  deflate: { ...LARGE, deflate: COMPRESS_ALL },
  'deflate-takeover': {
    ...LARGE,
    deflate: { ...COMPRESS_ALL, serverContextTakeover: true, clientContextTakeover: true },
  },
  limits: { ...LARGE, messageBytesMax: LIMIT_BYTES },
  'deflate-limits': { ...LARGE, messageBytesMax: LIMIT_BYTES, deflate: COMPRESS_ALL },
  protocols: LARGE,
}

export interface EchoServers {
  readonly targets: Readonly<Record<Profile, Target>>
  close(): Promise<void>
}

export async function startEchoServers(): Promise<EchoServers> {
  const profiles = Object.keys(OPTIONS) as Profile[]
  const servers = profiles.map((profile) => {
    const server = createServer(OPTIONS[profile])
    server.route('/echo', {
      ...(profile === 'protocols' ? { protocols: ['chat.v2', 'chat'] } : {}),
      message(connection, message) {
        connection.send(message)
      },
    })
    return server
  })
  await Promise.all(servers.map((server) => server.listen({ port: 0, host: HOST })))
  const targets = Object.fromEntries(
    profiles.map((profile, index) => [profile, { host: HOST, port: servers[index]!.port, path: '/echo' }]),
  ) as Record<Profile, Target>
  return {
    targets,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()))
      for (const server of servers) await balanced(server)
    },
  }
}
