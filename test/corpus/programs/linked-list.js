// A queue as a linked list, where who reads moves on and the first node is still remembered.
//
// verdict: leak
// holder: first
class Log {
  first = { text: 'begin', next: null } // ← holds
  last = this.first

  append(text) {
    this.last = this.last.next = { text, next: null }
  }

  get latest() {
    return this.last.text
  }
}

const log = new Log()

export async function round() {
  for (let line = 0; line < 100; line++) log.append(`line ${line}`)
}
