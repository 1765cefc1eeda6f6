// A pair of ports for each question to a worker; the answer comes, the ports stay open. They are in a set, for the end.
//
// verdict: leak
// holder: open
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'

const ports = { open: new Set() } // ← holds

async function ask(question) {
  const { port1, port2 } = new MessageChannel()
  ports.open.add(port1).add(port2)
  port2.on('message', (text) => port2.postMessage(`${text}!`))
  port1.postMessage(question)
  const [answer] = await once(port1, 'message')
  return answer
}

export async function round() {
  for (let index = 0; index < 10; index++) await ask(`question ${index}`)
}

export function stop() {
  for (const port of ports.open) port.close()
}
