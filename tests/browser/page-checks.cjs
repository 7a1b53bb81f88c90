/** Checks that run inside of a page; each returns what is wrong. */
globalThis.pageChecks = {
  /** Elements that reach beyond the right edge of the window; within a box that scrolls sideways they may. */
  overflowing() {
    const { clientWidth, scrollWidth } = document.documentElement
    const scrolls = (element) => {
      for (let at = element.parentElement; at !== null && at !== document.body; at = at.parentElement) {
        if (
          ['auto', 'scroll'].includes(getComputedStyle(at).overflowX) &&
          at.getBoundingClientRect().right <= clientWidth
        )
          return true
      }
      return false
    }
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => !scrolls(element) || element.closest('.table, .tabs, .pg, pre, .split') === null)
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5)
      .map((element) => `${element.tagName} ${(element.textContent ?? '').slice(0, 40)}`)
    return scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide`, ...wide] : wide
  },

  /** Texts that stand out from their background by less than 4.5 to 1 (WCAG 2.2, 1.4.3). */
  lowContrasts() {
    const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color) => {
      const [red, green, blue] = channels(color).map((value) => {
        const part = value / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const backgroundOf = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at)
        if ((channels(backgroundColor)[3] ?? 1) > 0) return backgroundColor
      }
      return 'rgb(255, 255, 255)'
    }
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent.trim()
      if (text === '') continue
      const sides = [getComputedStyle(node.parentElement).color, backgroundOf(node.parentElement)].map(
        luminance,
      )
      const ratio = (Math.max(...sides) + 0.05) / (Math.min(...sides) + 0.05)
      if (ratio < 4.5) found.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`)
    }
    return found
  },

  /** Where the keyboard is, and whether one sees it. */
  focus() {
    const { activeElement } = document
    return { link: activeElement.href ?? null, outline: getComputedStyle(activeElement).outlineStyle }
  },

  background() {
    return getComputedStyle(document.body).backgroundColor
  },
}
