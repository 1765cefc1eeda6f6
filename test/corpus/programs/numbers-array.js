// How long each request took, pushed onto an array for a mean that nobody asks for. Numbers are no objects: there is
// nothing to count but the bytes.
//
// verdict: leak
// holder: latencies
const latencies = [] // ← holds

export async function round() {
  for (let id = 0; id < 500; id++) latencies.push(id * 1.5 + 0.25)
}
