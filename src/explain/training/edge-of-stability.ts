import type { Term } from "../term.ts";

export const edgeOfStability: Term = {
  name: "edge-of-stability",
  title: "Edge of stability",
  formula: String.raw`\lambda_{\max}(H_t) \to \tfrac{2}{\eta} \quad\text{and stays there}`,
  text: "Full-batch gradient descent with step η has often been seen to sharpen the loss until λmax reaches about 2/η, and then to train on at that edge: the loss falls over long times but not at every step. With λmax near 2/η, a loss that rises now and then is what this leads one to expect.",
  measured: "λmax against 2/η for the step that you train with.",
  source: "Cohen, Kaur, Li, Kolter & Talwalkar 2021",
  see: ["stability-limit", "sharpness"],
};
