// The chat itself: one route. Who is in a room is known to the rooms of Holdfast, so there is no map here to clean up.
//
// Messages are JSON text. From the browser:  {type:'say', text}
// To the browser:  {type:'welcome'|'join'|'leave', name, here, time}   {type:'say', name, text, time}   {type:'refused', why}
import { reject } from 'holdfast'

export const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,23}$/u
export const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u
export const TEXT_LENGTH_MAX = 500

/** Adds the route /chat/:room to a server. */
export function addChat(server) {
  server.route('/chat/:room', {
    deflate: true,
    messageBytesMax: 16 * 1024, // far over TEXT_LENGTH_MAX: a text a little too long gets an answer, not an ending

    upgrade(request) {
      const name = (request.query.get('name') ?? '').trim()
      if (!NAME.test(name)) throw reject(400, 'name: 1 to 24 letters, digits, spaces, dots, hyphens (…?name=Ada)')
      if (!ROOM.test(request.params.room)) throw reject(400, 'room: 1 to 32 letters, digits, hyphens')
      return { name }
    },

    open(connection) {
      const { room } = connection.params
      connection.join(room)
      const notice = { name: connection.data.name, here: server.room(room).size, time: Date.now() }
      connection.send(JSON.stringify({ type: 'welcome', ...notice }))
      connection.room(room).publish(JSON.stringify({ type: 'join', ...notice }), { except: connection })
    },

    message(connection, message) {
      const text = textOf(message)
      if (text === undefined)
        return connection.end({ code: 1008, reason: 'only {"type":"say","text":"…"} is understood' })
      const why = problemWith(text)
      if (why) return void connection.send(JSON.stringify({ type: 'refused', why }))
      const said = { type: 'say', name: connection.data.name, text: text.trim(), time: Date.now() }
      connection.room(connection.params.room).publish(JSON.stringify(said))
    },

    close(connection) {
      const room = server.room(connection.params.room)
      const notice = { type: 'leave', name: connection.data.name, here: room.size, time: Date.now() }
      room.publish(JSON.stringify(notice))
    },
  })
}

/** The text of a say message, or undefined when it is none. */
function textOf(message) {
  if (typeof message !== 'string') return
  try {
    const value = JSON.parse(message)
    if (value?.type === 'say' && typeof value.text === 'string') return value.text
  } catch {
    // Not JSON: as little understood as any other message.
  }
}

function problemWith(text) {
  if (text.trim() === '') return 'the message is empty'
  if (text.length > TEXT_LENGTH_MAX) return `the message has ${text.length} characters; ${TEXT_LENGTH_MAX} are the most`
}
