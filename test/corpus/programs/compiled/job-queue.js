// Written in TypeScript, compiled with a source map. The repaired twin of a list of finished jobs: it keeps the last
// twenty.
//
// verdict: harmless
const KEPT = 20;
const finished = [];
let ids = 0;
async function run(job) {
    await null;
    job.finishedAt = performance.now();
    finished.push(job);
    if (finished.length > KEPT)
        finished.shift();
}
export async function round() {
    for (let index = 0; index < 100; index++)
        await run({ id: ++ids, finishedAt: null });
}
//# sourceMappingURL=job-queue.js.map