// The feed: notifications by user. All tabs of a user get them, and what is read in one of them goes away in the others.
//
// Messages are JSON text. To the browser:  {type:'tabs', count}   {type:'notice', id, text, time}   {type:'read', id}
// From the browser:  {type:'read', id}
import { randomUUID } from 'node:crypto'
import { reject } from 'holdfast'

export const USER = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,31}$/u
export const TEXT_LENGTH_MAX = 500
const ID = /^[0-9a-f-]{36}$/

/** Adds the route /feed to a server; returns how to notify somebody. */
export function addFeed(server) {
  server.route('/feed', {
    messageBytesMax: 4 * 1024,

    // In earnest the user comes from a session, never from the address: docs/guides/authenticating-browsers.md.
    upgrade({ query }) {
      const user = (query.get('user') ?? '').trim()
      if (!USER.test(user)) throw reject(400, 'user: 1 to 32 letters, digits, dots, hyphens (…?user=ada)')
      return { user }
    },

    user: (connection) => connection.data.user,

    open(connection) {
      tellTabs(connection.data.user)
    },

    message(connection, message) {
      const id = readIdOf(message)
      if (id === undefined) return connection.end({ code: 1008, reason: 'only {"type":"read","id":"…"} is understood' })
      server.user(connection.data.user).send(JSON.stringify({ type: 'read', id }), { except: connection })
    },

    // It has left its user already, so the others are told how many are left.
    close(connection) {
      tellTabs(connection.data.user)
    },
  })

  function tellTabs(key) {
    const user = server.user(key)
    user.send(JSON.stringify({ type: 'tabs', count: user.size }))
  }

  /** Returns how many tabs it was sent to; nothing is kept for a user who is not here. */
  return function notify(key, text) {
    return server.user(key).send(JSON.stringify({ type: 'notice', id: randomUUID(), text, time: Date.now() }))
  }
}

function readIdOf(message) {
  if (typeof message !== 'string') return
  try {
    const value = JSON.parse(message)
    if (value?.type === 'read' && ID.test(value.id)) return value.id
  } catch {
    // Not JSON: as little understood as any other message.
  }
}
