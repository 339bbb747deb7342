import type { Term } from "../term.ts";

export const slq: Term = {
  name: "slq",
  title: "Stochastic Lanczos quadrature",
  formula: String.raw`\int f\,d\phi \approx \frac1k \sum_{j=1}^k \sum_i \tau_{ij}^2\, f(\theta_{ij})`,
  text: "Each Lanczos run from a random start is a Gauss quadrature rule for the spectrum: the Ritz values are the nodes, the squared first components of the eigenvectors of T the weights. Averaged over starts it gives the spectral density and the trace of any function of the matrix.",
  measured:
    "Several starts with full reorthogonalisation. The variance of one start is known, 2d²/(d + 2) times the variance of f over the spectrum, and both come from the same quadrature; with a χ² law it makes the band, from a single start on.",
  source: "Golub & Welsch 1969; Ubaru, Chen & Saad 2017",
  see: ["lanczos", "spectral-density"],
};
