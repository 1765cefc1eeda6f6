// A handler waits for an answer from somewhere else, whose `resolve` is kept in a table by number. The answer never
// comes, the client has long gone, the waiting function and all that it uses stays.
//
// verdict: leak
// holder: answers
import { WebSocketServer } from 'ws'
import { visits } from '../traffic.js'

const answers = new Map() // ← holds
let questions = 0
let server

const ask = () => new Promise((resolve) => answers.set(++questions, resolve))

export async function start() {
  server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) => {
    socket.on('message', async (data) => {
      const answer = await ask()
      socket.send(`${data}: ${answer}`)
    })
  })
}

export const round = () => visits(server.address().port, 50)
export const stop = () => server.close()
