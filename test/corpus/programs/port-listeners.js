// Questions go through one port to where they are worked on. Each listens there for its answer, and takes the listener off only
// when all went well.
//
// verdict: leak
// holder: #port | port1
// event: message
import { MessageChannel } from 'node:worker_threads'

class Renderer {
  #port // ← holds
  #sequence = 0

  constructor(port) {
    this.#port = port
    port.setMaxListeners(0)
  }

  render(template, values) {
    const id = ++this.#sequence
    return new Promise((resolve, reject) => {
      // ↓ or holds
      const onMessage = (message) => {
        if (message.id !== id) return
        if (message.error) return reject(new Error(message.error))
        this.#port.off('message', onMessage)
        resolve(message.html)
      }
      this.#port.on('message', onMessage)
      this.#port.postMessage({ id, template, values })
    })
  }
}

const { port1, port2 } = new MessageChannel() // ← or holds
const renderer = new Renderer(port1)
port2.on('message', ({ id, template, values }) => {
  if (values.length === 0) port2.postMessage({ id, error: 'nothing to render' })
  else port2.postMessage({ id, html: values.map((value) => `<${template}>${value}`).join('') })
})

export async function round() {
  const all = Array.from({ length: 40 }, (_, n) => renderer.render('li', n % 2 ? [] : [n, n + 1]))
  await Promise.allSettled(all)
}

export function stop() {
  port1.close()
}
