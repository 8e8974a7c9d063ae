/** A short sound for a new incident, off until somebody asks for it. */

const KEPT_AS = "simpang.sound";

export function soundWanted(): boolean {
  return localStorage.getItem(KEPT_AS) === "on";
}

export function wantSound(wanted: boolean): void {
  localStorage.setItem(KEPT_AS, wanted ? "on" : "off");
  if (wanted) sound();
}

/** Two tones. A browser that has not been touched since the page was loaded stays silent. */
export function sound(): void {
  const context = new AudioContext();
  for (const [start, frequency] of [
    [0, 660],
    [0.18, 880],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.value = 0.15;
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + start);
    tone.stop(context.currentTime + start + 0.15);
  }
  setTimeout(() => void context.close(), 1000);
}
