/*
 * What the name of a tensor tells. Names are the weakest evidence: they are asked only where role and
 * structure leave a tensor open.
 */

/** How frameworks end the names of trained tensors. */
const TRAINED = /(^|[._/])(weight|bias|gamma|beta|kernel|alpha|gain|slope|weight_(orig|g|v)|ReadVariableOp)(:\d+)?$/;

/** Trained tensors that a module numbers or tells apart by what follows: `gamma_1`, `in_proj_weight`, `weight_ih_l0`. */
const LAYER = /(^|[._/])((weight|bias|gamma|beta|kernel)_\w+(:\d+)?|parametrizations\.\w+\.original\d*)$/;

/** Names that people give to single trained numbers: temperatures, gates, residual weights, trained limits. */
const TRAINED_NUMBER =
  /(^|[._/])((\w+_)?(temperature|gate|token)|logit_(scale|bias)|resweight|rezero|residual_weight|layer_scale|clip_val)(:\d+)?$/i;

/** Names that people give to trained tensors of no layer: what attention asks with, variances by their logarithm, adapters. */
const LEARNED =
  /(^|[._/])((\w+_)?(cls|latents?|quer(y|ies)|prompts?|tokens)|cutpoints|inducing_points|raw_\w+|log_?(vars?|sigmas?|std|scales?|dt)|A_log|time_(mix|decay|first)(_\w)?|(\w+_)?transitions|lora_\w+)(:\d+)?$/;

/** Tables of what tokens, classes and positions are embedded as. */
const EMBEDDING = /emb|table|wte|wpe/i;

/** What is added to activations: embeddings of places, shifts, offsets. */
const ADDEND = /emb|wpe|pos|bias|shift|loc|offset/i;

/** What is trained beside weights that are not: adapters of low rank (Hu 2022). */
const ADAPTER = /(^|[._/])lora_\w+/;

/** Modules that follow others and are trained by nobody: teachers, averages of weights, targets of a critic. */
const FOLLOWER =
  /(^|[._/])((\w+_)?(teacher|ema|frozen|shadow)(_\w+)?|target|target_(net|network|model|encoder|actor|critic|policy|q\w*)|(\w+_)?(net|network|encoder|actor|critic|policy|q\d*)_target|momentum_(\w+_)?encoder|encoder_(k|momentum))[._/]/i;

/** The path of a module's own tensor, as PyTorch gives it: `layer1.0.scale`. */
const MODULE_PATH = /^[A-Za-z_]\w*(\.\w+)+$/;

/** A tensor of a TensorFlow graph: `model/tf.math.multiply/Mul/y:0`, `clip_by_value/y`. */
const GRAPH_PATH = /\/|:\d+$/;

/** What TensorFlow calls an operand that was written as a number or array: variables come through reads. */
const GRAPH_LITERAL = /\/(x|y|Const(_\d+)?)(:\d+)?$/;

/** Measured from data as the network trains. */
const STATISTIC = /(^|[._/])(running_(mean|var)|moving_(mean|var|variance)|num_batches_tracked)(:\d+)?$/;

/** Names of tables, normalisations and grids that frameworks keep beside the parameters. */
const FIXED =
  /(^|[._/])(mean|std|stddev|var|(image|pixel|input|norm)_(mean|std|var)|inv_freq|position_ids|(cos|sin)(_?cached?)?|anchors?|anchor_(grid|points)|(\w+_)?grid(_[xy])?|strides?|tril|triu|alibi(_slopes)?|eps|epsilon|one_?hot|eye|mel_fb|filter_?bank)(:\d+)?$/i;

/** Names of tables that a module keeps beside its weights, as a graph's adjacency, a prior or a basis, whatever reads them. */
const BUFFER =
  /(^|[._/])((\w+_)?(adj|adjacency|laplacian)(_?(matrix|mat|norm|hat|t))?|[al]_(hat|tilde|norm)|(\w+_)?(log_)?priors?|(\w+_)?(anchors?|grid|basis|filter_?banks?|mel(_(fb|basis|filters|scale))?|coord(s|inates)?|window)|sinusoids?)(:\d+)?$/i;

const MASK = /(^|[._/])(\w+_)?mask(:\d+)?$/i;

export function isModulePath(name: string): boolean {
  return MODULE_PATH.test(name);
}

export function isGraphPath(name: string): boolean {
  return GRAPH_PATH.test(name);
}

export function isGraphLiteral(name: string): boolean {
  return GRAPH_LITERAL.test(name);
}

export function namesTrained(name: string): boolean {
  return TRAINED.test(name);
}

/** Whether a name is one that frameworks give to tensors of layers. */
export function namesLayer(name: string): boolean {
  return TRAINED.test(name) || LAYER.test(name);
}

export function namesTrainedNumber(name: string): boolean {
  return TRAINED.test(name) || TRAINED_NUMBER.test(name);
}

/** Whether people give the name to trained tensors of no layer. */
export function namesLearned(name: string): boolean {
  return LEARNED.test(name);
}

/** Whether a table is one of embeddings, by its name. */
export function namesEmbedding(name: string): boolean {
  return EMBEDDING.test(name);
}

/** Whether a name is one that people give to what is added to activations and trained. */
export function namesAddend(name: string): boolean {
  return ADDEND.test(name);
}

/** Whether a name is that of an adapter, beside which the weights that it adapts are held constant. */
export function namesAdapter(name: string): boolean {
  return ADAPTER.test(name);
}

/** Whether a tensor is in a module that follows a trained one, by its name. */
export function namesFollower(name: string): boolean {
  return FOLLOWER.test(name);
}

export function namesStatistic(name: string): boolean {
  return STATISTIC.test(name);
}

export function namesFixed(name: string): boolean {
  return FIXED.test(name);
}

export function namesBuffer(name: string): boolean {
  return BUFFER.test(name) && !isGraphPath(name);
}

export function namesMask(name: string): boolean {
  return MASK.test(name);
}

/**
 * Whether a name is that of a vector of PyTorch's spectral norm: `x_u`, `x_v` beside `x_orig`, or
 * `_u`, `_v` under `parametrizations`. (The `x_v` of weight norm has `x_g` beside it, and is trained.)
 */
export function namesPowerIteration(name: string, has: (name: string) => boolean): boolean {
  if (/(^|\.)parametrizations\.[^.]+\.\d+\._[uv]$/.test(name)) return true;
  const base = /^(.+)_[uv]$/.exec(name)?.[1];
  return base !== undefined && has(`${base}_orig`) && !has(`${base}_g`);
}
