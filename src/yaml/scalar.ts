/** A plain scalar as kubectl resolves it. */
export type Scalar =
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number | bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'str'; readonly value: string }
  /** A number that kubectl rejects or rounds. */
  | { readonly type: 'unsupported'; readonly reason: 'not finite' | 'inexact' }

const spellings = (...words: string[]) =>
  words.flatMap((word) => [word, word.slice(0, 1).toUpperCase() + word.slice(1), word.toUpperCase()])
const WORDS = new Map<string, Scalar>([
  ...['', '~', ...spellings('null')].map((word) => [word, { type: 'null', value: null }] as const),
  ...spellings('y', 'yes', 'true', 'on').map((word) => [word, { type: 'bool', value: true }] as const),
  ...spellings('n', 'no', 'false', 'off').map((word) => [word, { type: 'bool', value: false }] as const),
  ...['', '+', '-']
    .flatMap((sign) => spellings('inf').map((word) => `${sign}.${word}`))
    .concat('.nan', '.NaN', '.NAN')
    .map((word) => [word, { type: 'unsupported', reason: 'not finite' }] as const),
])

const INTEGER = /^[-+]?(0|[1-9]\d*|0[0-7]+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/
const DECIMAL = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/
/** Without leading digits, Go accepts underscores only between digits; otherwise anywhere. */
const FRACTION = /^\.\d(_?\d)*([eE][-+]?\d(_?\d)*)?$/

/**
 * Resolves a plain scalar as kubectl does, which is neither YAML 1.1 nor 1.2: octals are as in Go, `yes` and `on` are
 * booleans, dates and sexagesimals are strings (go.yaml.in/yaml/v2, resolve.go). Integers are exact; those beyond 64 bits
 * are unsupported if kubectl would round them.
 */
export function resolveScalar(text: string): Scalar {
  // Most scalars are words. Anything else starts with one of these characters.
  if (!/^[-+.\d~yYnNtTfFoO]|^$/.test(text)) return { type: 'str', value: text }
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (text.startsWith('.')) return FRACTION.test(text) ? decimal(text) : { type: 'str', value: text }
  if (!/^[-+\d]/.test(text)) return { type: 'str', value: text }
  const plain = text.replaceAll('_', '')
  if (INTEGER.test(plain)) return integer(plain, text)
  // Go accepts a sign after the prefix of a binary number, but of no other.
  if (/^0b[-+][01]+$/.test(plain)) return integer(`${plain.charAt(2)}0b${plain.slice(3)}`, text)
  if (/^[-+]?\d+$/.test(plain)) return longNumber(plain)
  return DECIMAL.test(plain) ? decimal(text) : { type: 'str', value: text }
}

function integer(literal: string, text: string): Scalar {
  const digits = literal.replace(/^[-+]/, '').toLowerCase()
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = literal.startsWith('-') ? -magnitude : magnitude
  if (BigInt.asIntN(64, value) !== value) {
    // Of integers that do not fit, Go keeps unsigned 64-bit ones, converts decimals to floats, and leaves others as text.
    const isText = /^0[xob]/.test(digits) && (magnitude >= 2n ** 64n || /^[-+]/.test(literal))
    return isText ? { type: 'str', value: text } : longNumber(literal)
  }
  const number = Number(value)
  return { type: 'int', value: Number.isSafeInteger(number) ? number : value }
}

/** Resolves digits that are not a 64-bit integer in Go, such as `08`: to a float, if that keeps the number exactly. */
function longNumber(digits: string): Scalar {
  const value = Number(digits)
  const isKept = Number.isSafeInteger(value) || String(value) === digits
  return isKept ? { type: 'float', value } : { type: 'unsupported', reason: 'inexact' }
}

function decimal(text: string): Scalar {
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? { type: 'float', value } : { type: 'str', value: text }
}
