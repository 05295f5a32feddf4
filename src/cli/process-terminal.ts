import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { styleText } from 'node:util'
import { BrokenPipe, type Terminal } from './terminal.ts'

/** The standard streams of this process. A reader that has seen enough, such as `head -1`, closes a pipe: that is no error. */
export function processTerminal({ stdin, stdout, stderr }: NodeJS.Process): Terminal {
  let isBroken = false
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isBroken = true
  })
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    async out(text) {
      if (isBroken) throw new BrokenPipe()
      if (!stdout.write(text)) await Promise.race([once(stdout, 'drain'), closed(stdout)])
    },
    err: (text) => stderr.write(text),
    // It heeds NO_COLOR, FORCE_COLOR and the kind of the terminal.
    hasColours: styleText('red', '.', { stream: stdout }) !== '.',
    errColumns: stderr.isTTY ? stderr.columns : undefined,
    ...(stdin.isTTY && stderr.isTTY && { ask }),
  }

  function ask(question: string): Promise<string | undefined> {
    const lines = createInterface({ input: stdin, output: stderr })
    return new Promise((resolve) => {
      // Ctrl-C and Ctrl-D close it.
      lines.once('close', () => resolve(undefined))
      lines.question(question, (answer) => {
        resolve(answer)
        lines.close()
      })
    })
  }
}

/** Resolves when a stream fails or closes. */
const closed = (stream: NodeJS.WriteStream): Promise<unknown> =>
  new Promise((resolve) => stream.once('close', resolve).once('error', resolve))
