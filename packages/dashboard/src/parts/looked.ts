/** Whether somebody has looked at a topic with this browser: the second of the first steps. */

const storageKey = 'sluice.looked-at-topic'

export const hasLookedAtTopic = (): boolean => {
  try {
    return localStorage.getItem(storageKey) !== null
  } catch {
    return false
  }
}

/** The shell calls it when a topic is shown. */
export const noteLookedAtTopic = (): void => {
  try {
    localStorage.setItem(storageKey, new Date().toISOString())
  } catch {
    // A browser that keeps nothing: the step stays open.
  }
}
