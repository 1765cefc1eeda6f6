// A listener that is bound when it is put on, and bound again when it is taken off: that is another function, so nothing
// is taken off. Whoever looks at the code sees an `off` for each `on`.
//
// verdict: leak
// holder: history | told
// event: append
import { EventEmitter } from 'node:events'

const history = new EventEmitter() // ← or holds
history.setMaxListeners(0)

class Member {
  heard = 0

  told() {
    this.heard++
  }

  enter() {
    history.on('append', this.told.bind(this)) // ← holds
  }

  leave() {
    history.off('append', this.told.bind(this))
  }
}

export async function round() {
  for (let id = 0; id < 50; id++) {
    const member = new Member()
    member.enter()
    member.leave()
  }
}
