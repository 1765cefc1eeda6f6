// The twin of previous-state, with an end: after a hundred states the oldest is cut off.
//
// verdict: harmless
const MOST = 100
let state = { turn: 0, moves: [], previous: null }

function move(player, to) {
  state = { turn: state.turn + 1, moves: [{ player, to }], previous: state }
  let oldest = state
  for (let steps = 1; steps < MOST && oldest.previous; steps++) oldest = oldest.previous
  oldest.previous = null
}

export async function round() {
  for (let turn = 0; turn < 50; turn++) move(turn % 2, { x: turn, y: turn })
}
