/** Shows that something long goes on: one line that is rewritten on a terminal, two plain lines elsewhere. */
export function startProgress(title, measure = () => '') {
  const stream = process.stderr;
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  if (!stream.isTTY) {
    stream.write(`sallyport: ${title} ...\n`);
    return { done: () => stream.write(`sallyport: ${title}: done in ${seconds()}\n`), failed: () => {} };
  }
  const show = () => stream.write(`\r\x1b[K${title} ${measure()} ${seconds()}`);
  show();
  const timer = setInterval(show, 200);
  return {
    done: () => {
      clearInterval(timer);
      stream.write(`\r\x1b[K${title}: done in ${seconds()}\n`);
    },
    failed: () => {
      clearInterval(timer);
      stream.write('\r\x1b[K');
    },
  };
}
