/** The address of a listening socket, as the kernel writes it: in the byte order of the machine, of either version, all addresses as this machine. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { hostOf, listeningSockets } from '../../../../src/diagnose/inspect/listening-sockets.ts'

test('addresses of both versions and orders', () => {
  const all = '0'.repeat(32)
  for (const [hex, order, host] of [
    ['0100007F', 'LE', '127.0.0.1'],
    ['7F000001', 'BE', '127.0.0.1'],
    ['00000000', 'LE', '127.0.0.1'],
    ['0501A8C0', 'LE', '192.168.1.5'],
    [all, 'LE', '::1'],
    ['00000000000000000000000001000000', 'LE', '::1'],
    ['00000000000000000000000000000001', 'BE', '::1'],
    ['0000000000000000FFFF00000200007F', 'LE', '127.0.0.2'],
    ['000080FE000000000000000001000000', 'LE', 'fe80:0000:0000:0000:0000:0000:0000:0001'],
  ] as const) {
    assert.equal(hostOf(hex, order), host, hex)
  }
})

test('those of this process', async (t) => {
  for (const [host, told] of [
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '::1'],
    ['0.0.0.0', '127.0.0.1'],
  ] as const) {
    const server = createServer().listen(0, host)
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const seen = listeningSockets(process.pid).filter((one) => one.port === port)
    assert.deepEqual(
      seen.map(({ host, isLoopback }) => [host, isLoopback]),
      [[told, true]],
    )
  }
})
