// A queue as a list that is linked both ways, with its two ends: calls are let through one after the other, and come faster.
//
// verdict: leak
// holder: first | #waiting
class Queue {
  first = null // ← holds
  last = null

  push(value) {
    const node = { value, prev: this.last, next: null }
    if (this.last === null) this.first = node
    else this.last.next = node
    this.last = node
  }

  shift() {
    const node = this.first
    if (node === null) return
    this.first = node.next
    if (node.next === null) this.last = null
    else node.next.prev = null
    return node.value
  }
}

class Limiter {
  #waiting = new Queue() // ← or holds
  #isFree = true

  async run(call) {
    if (!this.#isFree) await new Promise((resolve) => this.#waiting.push({ call, resolve }))
    this.#isFree = false
    const answer = await call.send()
    this.#isFree = true
    this.#waiting.shift()?.resolve()
    return answer
  }
}

class Call {
  constructor(id) {
    this.id = id
    this.body = { id, lines: [] }
  }

  // The first has never been answered.
  send() {
    return this.id === 1 ? new Promise(() => {}) : Promise.resolve(this.body)
  }
}

const limiter = new Limiter()
let calls = 0

export async function round() {
  for (let index = 0; index < 25; index++) void limiter.run(new Call(++calls))
}
