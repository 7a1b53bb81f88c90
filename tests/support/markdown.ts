/** What Markdown pages hold that a test can run or follow: fenced blocks, links, headings. */

export interface Block {
  readonly language: string
  readonly text: string
  /** Line of the page on which it begins, from 1. */
  readonly line: number
}

/** Fenced blocks, in order. */
export const blocksOf = (markdown: string): readonly Block[] => {
  const blocks: Block[] = []
  let open: { language: string; lines: string[]; line: number } | null = null
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === null) open = { language: fence[1] ?? '', lines: [], line: index + 1 }
    else {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line })
      open = null
    }
  }
  return blocks
}

const withoutBlocks = (markdown: string): string => markdown.replaceAll(/^\s*```[\s\S]*?^\s*```/gm, '')

/** Targets of links and pictures, as they are written. */
export const linksOf = (markdown: string): readonly string[] =>
  Array.from(withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)

/** The names by which GitHub reaches a page's headings. */
export const anchorsOf = (markdown: string): ReadonlySet<string> =>
  new Set(
    Array.from(withoutBlocks(markdown).matchAll(/^#{1,6} +(.+)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
