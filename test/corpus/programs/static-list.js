// A static list of all instances, for debugging.
//
// verdict: leak
// holder: all
class Player {
  static all = [] // ← holds

  constructor(name) {
    this.name = name
    this.position = { x: 0, y: 0 }
    Player.all.push(this)
  }

  leave() {
    this.position = null
  }
}

export async function round() {
  for (let number = 0; number < 100; number++) new Player(`player ${number}`).leave()
}
