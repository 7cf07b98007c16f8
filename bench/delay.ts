// A TCP proxy on the loopback address that delays traffic like a network with the given round trip, in milliseconds:
//   node bench/delay.ts PORT ROUND_TRIP
// It is a separate process, so that its cost counts for neither side. It does not parse TLS or HTTP.
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { startChildServer } from '../src/process.ts'

/** A running delay. */
export interface Delay {
  /** The port to connect to instead of the server's. */
  readonly port: number
  stop(): Promise<void>
}

/** Starts a delay of `roundTrip` milliseconds in front of a port of the loopback address. */
export async function startDelay(target: number, roundTrip: number): Promise<Delay> {
  const program = join(import.meta.dirname, 'delay.ts')
  const child = startChildServer(process.execPath, [program, String(target), String(roundTrip)], {
    env: { PATH: process.env.PATH ?? '' },
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
    child.ended.then(() => reject(new Error('the delay proxy ended before it listened')))
  })
  return { port, stop: () => child.stop() }
}

/** One direction of a connection: delays each chunk, and keeps the order. */
class Lane {
  readonly #to: Socket
  readonly #queue: { readonly due: number; readonly send: () => void }[] = []
  readonly #delay: number
  /** Nothing is sent before this time, in milliseconds of the monotonic clock. */
  readonly #opening: number
  #isWaiting = false

  constructor(to: Socket, delay: number, opening: number) {
    this.#to = to
    this.#delay = delay
    this.#opening = opening
  }

  push(send: () => void): void {
    this.#queue.push({ due: Math.max(performance.now(), this.#opening) + this.#delay, send })
    this.#wait()
  }

  #wait(): void {
    const [first] = this.#queue
    if (first === undefined || this.#isWaiting) return
    this.#isWaiting = true
    setTimeout(() => this.#drain(), first.due - performance.now())
  }

  #drain(): void {
    this.#isWaiting = false
    // Timers have a resolution of one millisecond.
    const now = performance.now() + 0.5
    // Chunks that are due together are sent in one write.
    this.#to.cork()
    while (this.#queue[0] !== undefined && this.#queue[0].due <= now) this.#queue.shift()?.send()
    this.#to.uncork()
    this.#wait()
  }
}

function forward(from: Socket, to: Socket, delay: number, opening: number): void {
  const lane = new Lane(to, delay, opening)
  from.on('data', (chunk) => lane.push(() => to.write(chunk)))
  from.on('end', () => lane.push(() => to.end()))
  from.on('error', () => to.destroy())
  from.setNoDelay(true)
}

function serve(target: number, roundTrip: number): void {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    // A TCP handshake takes one round trip before the client can send; on loopback it takes none.
    const opening = performance.now() + roundTrip
    forward(client, upstream, roundTrip / 2, opening)
    forward(upstream, client, roundTrip / 2, 0)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`)
  })
}

if (import.meta.main) serve(Number(process.argv[2]), Number(process.argv[3]))
