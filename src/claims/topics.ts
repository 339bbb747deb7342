/** What claims are about, in the order of the atlas. */
export const TOPICS = [
  { name: "geometry", letter: "A", title: "Local geometry and descent" },
  { name: "random-matrices", letter: "B", title: "Random matrices, critical points, spin glasses" },
  { name: "saddles", letter: "C", title: "Saddle dynamics" },
  { name: "conditioning", letter: "D", title: "Conditioning and second-order methods" },
  { name: "symmetry", letter: "E", title: "Structure of critical points, symmetries" },
  { name: "flatness", letter: "F", title: "Sharpness, flatness and generalisation" },
] as const;

export type Topic = (typeof TOPICS)[number]["name"];
