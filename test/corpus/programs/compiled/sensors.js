// The last readings of eight sensors, each in a ring of numbers: the place to write to is counted up, and never begins anew. There
// are no more objects than before; each list is longer.
//
// verdict: leak
// holder: samples
class RingBuffer {
    samples = []; // ← holds
    cursor = 0;
    write(value) {
        this.samples[this.cursor++] = value;
    }
    mean(count) {
        const recent = this.samples.slice(-count);
        return recent.reduce((sum, value) => sum + value, 0) / recent.length;
    }
}
class Sensor {
    ring = new RingBuffer();
    report(value) {
        this.ring.write(value);
        return Math.abs(value - this.ring.mean(60)) > 10;
    }
}
const sensors = new Map();
export async function round() {
    for (let index = 0; index < 800; index++) {
        const id = `sensor-${index % 8}`;
        const sensor = sensors.get(id) ?? new Sensor();
        sensors.set(id, sensor);
        sensor.report(20 + Math.random());
    }
}
//# sourceMappingURL=sensors.js.map