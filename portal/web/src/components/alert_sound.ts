/** A short sound for a new incident. It is off until the user switches it on. */

import { remember, remembered } from "../preferences";

/** Key in the local storage of the browser: "on" or "off". */
const STORAGE_KEY = "simpang.sound";
/** Two tones: start (s) and frequency (Hz). [assumption] */
const TONES = [
  [0, 660],
  [0.18, 880],
] as const;
/** Length of a tone (s). [assumption] */
const TONE_S = 0.15;
/** Gain of a tone, 0..1. [assumption: loud enough in an office] */
const VOLUME = 0.15;

export function alertSoundEnabled(): boolean {
  return remembered(STORAGE_KEY) === "on";
}

/** Stores the choice and plays the sound once when it is switched on. */
export function enableAlertSound(enabled: boolean): void {
  remember(STORAGE_KEY, enabled ? "on" : "off");
  if (enabled) playAlertSound();
}

/** Browsers play nothing before the first click or key press on the page. */
export function playAlertSound(): void {
  const context = new AudioContext();
  for (const [start, frequency] of TONES) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.value = VOLUME;
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + start + TONE_S);
  }
  setTimeout(() => void context.close(), 1000);
}
