// Two functions made in one place share what either of them uses. The small one is kept, for a statistics page; the
// body of the request, which only its sibling uses, is kept with it.
//
// verdict: leak
// holder: reports
const reports = [] // ← holds

function handle(request) {
  const began = performance.now()
  const report = () => performance.now() - began
  const answer = () => ({ status: 200, echo: request.body })
  reports.push(report)
  return answer()
}

export async function round() {
  for (let id = 0; id < 20; id++) handle({ id, body: Array.from({ length: 100 }, (_, line) => `${id}: ${line}`) })
}
