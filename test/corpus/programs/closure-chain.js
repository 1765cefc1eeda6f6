// The famous one: each new object has a method, a function that is never called uses the object before it, and both
// were made in one place. So each object holds the one before it, through a method that does not use it.
//
// verdict: leak
// holder: current | before
let current = null // ← holds

function replace() {
  const before = current // ← or holds
  const unused = () => {
    if (before) console.log('changed')
  }
  current = {
    lines: ['a', 'b', 'c'],
    method() {
      return 'nothing of before'
    },
  }
  return unused
}

export async function round() {
  for (let time = 0; time < 50; time++) replace()
}
