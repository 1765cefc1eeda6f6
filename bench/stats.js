// The few numbers the benchmark derives from its runs. Pure functions over arrays.

/** The middle one of the values (the mean of the middle two when they are even in number), or null for none. */
export function median(values) {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Largest minus smallest, as a share of the median: how far the runs lie apart. Null for none. */
export function spread(values) {
  const middle = median(values)
  return middle === null || middle === 0 ? null : (Math.max(...values) - Math.min(...values)) / Math.abs(middle)
}
