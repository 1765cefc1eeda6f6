// A program whose variables are all in one async function that never returns.
//
// verdict: leak
// holder: clients
import { EventEmitter } from 'node:events'

const server = new EventEmitter()
let end

async function main() {
  const clients = [] // ← holds
  server.on('connection', (client) => {
    clients.push(client)
    client.position = clients.length
  })
  await new Promise((resolve) => {
    end = resolve
  })
  return clients.length
}

const running = main()

export async function round() {
  for (let id = 0; id < 100; id++) server.emit('connection', { id, buffers: [] })
}

export async function stop() {
  end()
  await running
}
