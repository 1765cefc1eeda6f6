// The chat itself: one route. Who is in a room is known to the rooms of Holdfast, so there is no map here to clean up.
//
// Messages are JSON text. From the browser:  {type:'say', text}
// To the browser:  {type:'welcome', id, name, here, who: [{id, name}], time}   {type:'join'|'leave', id, name, here, time}
//                  {type:'say', name, text, time}   {type:'refused', why}
//
// `who` is everybody who is in the room; who comes and goes later is told one by one, so nobody has to ask again. In a room of
// more than WHO_MAX there is no `who`: when everybody comes back at once, a list of all for each of them would be too much.
import { reject } from 'holdfast'

export const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,23}$/u
export const ROOM = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u
export const TEXT_LENGTH_MAX = 500
export const WHO_MAX = 200

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

    // All that others in the room see of a connection.
    shows: (connection) => ({ name: connection.data.name }),

    open(connection) {
      connection.join(connection.params.room)
      const room = connection.room(connection.params.room)
      const who = room.size > WHO_MAX ? undefined : room.presence().map(({ id, shown }) => ({ id, ...shown }))
      const notice = noticeOf(connection, room)
      connection.send(JSON.stringify({ type: 'welcome', ...notice, who }))
      room.publish(JSON.stringify({ type: 'join', ...notice }), { except: connection })
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
      room.publish(JSON.stringify({ type: 'leave', ...noticeOf(connection, room) }))
    },
  })
}

function noticeOf({ id, data }, room) {
  return { id, name: data.name, here: room.size, time: Date.now() }
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
