// Immutable state as reducers make it: each action leaves a new state, with a copy of the users in which nobody is missing.
//
// verdict: leak
// holder: state | users
let state = { users: {}, version: 0 } // ← holds
let visitors = 0

function reduce(before, { type, user }) {
  if (type !== 'joined') return before
  return {
    ...before,
    version: before.version + 1,
    users: { ...before.users, [user.id]: user }, // ← or holds
  }
}

export async function round() {
  for (let index = 0; index < 40; index++) {
    const id = `user-${++visitors}`
    state = reduce(state, { type: 'joined', user: { id, name: `Name ${visitors}`, roles: ['reader'] } })
  }
}
