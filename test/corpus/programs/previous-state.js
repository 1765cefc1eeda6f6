// Each state remembers the one before it, so that one can undo. Nobody ever undoes, and the first is still there.
//
// verdict: leak
// holder: state
let state = { turn: 0, moves: [], previous: null } // ← holds

function move(player, to) {
  state = { turn: state.turn + 1, moves: [{ player, to }], previous: state }
}

export async function round() {
  for (let turn = 0; turn < 100; turn++) move(turn % 2, { x: turn, y: turn })
}
