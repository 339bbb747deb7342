import type { Term } from "./term.ts";

export const edgeOfStability: Term = {
  name: "edge-of-stability",
  title: "Edge of stability",
  formula: String.raw`\lambda_{\max}(H_t) \to \tfrac{2}{\eta} \quad\text{and stays there}`,
  text: "Full-batch gradient descent with step η sharpens the loss until λmax reaches 2/η, and then trains on at that edge: the loss falls over long times but not at every step. A spiking loss curve with λmax near 2/η is this, not a bug.",
  measured: "λmax against 2/η for the step that you train with.",
  source: "Cohen, Kaur, Li, Kolter & Talwalkar 2021",
  see: ["stability-limit", "sharpness"],
};
