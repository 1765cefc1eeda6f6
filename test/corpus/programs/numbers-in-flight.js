// The numbers of requests that are under way: sometimes many, sometimes few, each taken out when it is done.
//
// verdict: harmless
const underWay = new Set()
let next = 0
let rounds = 0

export async function round() {
  const most = 200 + ((rounds++ * 7) % 5) * 300
  for (let count = 0; count < most; count++) underWay.add(next++)
  for (const id of [...underWay].slice(0, most - 150)) underWay.delete(id)
  while (underWay.size > 150) underWay.delete(underWay.values().next().value)
}
