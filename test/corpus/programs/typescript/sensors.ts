// The last readings of eight sensors, each in a ring of numbers: the place to write to is counted up, and never begins anew. There
// are no more objects than before; each list is longer.
//
// verdict: leak
// holder: samples
class RingBuffer {
  private readonly samples: number[] = [] // ← holds
  private cursor = 0

  write(value: number): void {
    this.samples[this.cursor++] = value
  }

  mean(count: number): number {
    const recent = this.samples.slice(-count)
    return recent.reduce((sum, value) => sum + value, 0) / recent.length
  }
}

class Sensor {
  private readonly ring = new RingBuffer()

  report(value: number): boolean {
    this.ring.write(value)
    return Math.abs(value - this.ring.mean(60)) > 10
  }
}

const sensors = new Map<string, Sensor>()

export async function round(): Promise<void> {
  for (let index = 0; index < 800; index++) {
    const id = `sensor-${index % 8}`
    const sensor = sensors.get(id) ?? new Sensor()
    sensors.set(id, sensor)
    sensor.report(20 + Math.random())
  }
}
