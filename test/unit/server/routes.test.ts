import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from '../../../src/base/options.ts'
import { Routes } from '../../../src/server/routes.ts'
import { SERVER_OPTIONS } from '../../../src/server/server-options.ts'

function setUp(): Routes {
  return new Routes(readOptions('test', SERVER_OPTIONS, { idleTimeoutMs: 7_000, messageBytesMax: 5 }))
}

test('paths match exactly, with named parts decoded; what does not decode is no match', () => {
  const routes = setUp()
  routes.add('/chat/:room', {})
  routes.add('/chat/:room/user/:id', {})
  routes.add('/files/*', {})
  const table: [string, string | null, Record<string, string>?][] = [
    ['/chat/lobby', '/chat/:room', { room: 'lobby' }],
    ['/chat/caf%C3%A9', '/chat/:room', { room: 'café' }],
    ['/chat/a%2Fb', '/chat/:room', { room: 'a/b' }],
    ['/chat/a/user/7', '/chat/:room/user/:id', { room: 'a', id: '7' }],
    ['/files/a/b', '/files/*', { '*': 'a/b' }],
    ['/chat', null],
    ['/chat/a/b', null],
    ['/Chat/a', null],
    ['/chat/%', null],
    ['/chat/%E0%A4%A', null],
    ['', null],
  ]
  for (const [path, route, params] of table) {
    const match = routes.match(path)
    assert.equal(match?.route.path ?? null, route, path)
    if (params) assert.deepEqual({ ...match?.params }, params, path)
  }
})

test("a route takes the server's options where it has none of its own", () => {
  const routes = setUp()
  routes.add('/a', { messageBytesMax: 9, deflate: { level: 1 } })
  const route = routes.match('/a')!.route
  assert.deepEqual([route.options.idleTimeoutMs, route.options.messageBytesMax, route.deflate?.level], [7_000, 9, 1])
})

test('handlers may be methods of a class, and keep their this', () => {
  class Chat {
    #joined = 0
    get joined(): number {
      return this.#joined
    }
    open(): void {
      this.#joined++
    }
    upgrade(): { from: Chat } {
      return { from: this }
    }
  }
  const routes = setUp()
  const chat = new Chat()
  routes.add('/chat', chat as object)
  const { route } = routes.match('/chat') ?? {}
  route?.handlers.open?.(undefined as never)
  assert.equal(route?.upgrade?.(undefined as never) !== undefined && chat.joined, 1)
})
