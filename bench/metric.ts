/** The sum of a metric over all its labels, or over those that hold the text, in the form that Prometheus reads. */
export function sumOf(text: string, name: string, label = ''): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
