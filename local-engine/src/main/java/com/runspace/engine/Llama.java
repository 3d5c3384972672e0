package com.runspace.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The functions of {@code llama.h} that are needed, each under its own name without the prefix.
 * Nothing here decides anything: pointers go in and out as they do in C.
 */
@SuppressWarnings("restricted")
final class Llama {
  private static final ValueLayout POINTER = ValueLayout.ADDRESS;
  private static final ValueLayout INT = ValueLayout.JAVA_INT;
  private static final ValueLayout LONG = ValueLayout.JAVA_LONG;
  private static final ValueLayout FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout BOOL = ValueLayout.JAVA_BOOLEAN;

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup symbols;

  private final MethodHandle modelDefaults;
  private final MethodHandle contextDefaults;
  private final MethodHandle loadModel;
  private final MethodHandle newContext;
  private final MethodHandle vocab;
  private final MethodHandle contextTrained;
  private final MethodHandle hasEncoder;
  private final MethodHandle chatTemplate;
  private final MethodHandle applyTemplate;
  private final MethodHandle tokenize;
  private final MethodHandle tokenToPiece;
  private final MethodHandle isEndOfGeneration;
  private final MethodHandle addsBos;
  private final MethodHandle bos;
  private final MethodHandle decode;
  private final MethodHandle clearCache;
  private final MethodHandle newChain;
  private final MethodHandle addToChain;
  private final MethodHandle freeSampler;
  private final MethodHandle sample;
  private final MethodHandle greedy;
  private final MethodHandle dist;
  private final MethodHandle topK;
  private final MethodHandle topP;
  private final MethodHandle minP;
  private final MethodHandle temperature;
  private final MethodHandle penalties;

  Llama(SymbolLookup symbols) throws StartFailure {
    this.symbols = symbols;
    modelDefaults = bind("llama_model_default_params", Layouts.MODEL_PARAMS);
    contextDefaults = bind("llama_context_default_params", Layouts.CONTEXT_PARAMS);
    loadModel = bind("llama_model_load_from_file", POINTER, POINTER, Layouts.MODEL_PARAMS);
    newContext = bind("llama_init_from_model", POINTER, POINTER, Layouts.CONTEXT_PARAMS);
    vocab = bind("llama_model_get_vocab", POINTER, POINTER);
    contextTrained = bind("llama_model_n_ctx_train", INT, POINTER);
    hasEncoder = bind("llama_model_has_encoder", BOOL, POINTER);
    chatTemplate = bind("llama_model_chat_template", POINTER, POINTER, POINTER);
    applyTemplate =
        bind("llama_chat_apply_template", INT, POINTER, POINTER, LONG, BOOL, POINTER, INT);
    tokenize = bind("llama_tokenize", INT, POINTER, POINTER, INT, POINTER, INT, BOOL, BOOL);
    tokenToPiece = bind("llama_token_to_piece", INT, POINTER, INT, POINTER, INT, INT, BOOL);
    isEndOfGeneration = bind("llama_vocab_is_eog", BOOL, POINTER, INT);
    addsBos = bind("llama_vocab_get_add_bos", BOOL, POINTER);
    bos = bind("llama_vocab_bos", INT, POINTER);
    decode = bind("llama_decode", INT, POINTER, Layouts.BATCH);
    clearCache = bindVoid("llama_kv_self_clear", POINTER);
    newChain = bind("llama_sampler_chain_init", POINTER, Layouts.SAMPLER_CHAIN_PARAMS);
    addToChain = bindVoid("llama_sampler_chain_add", POINTER, POINTER);
    freeSampler = bindVoid("llama_sampler_free", POINTER);
    sample = bind("llama_sampler_sample", INT, POINTER, POINTER, INT);
    greedy = bind("llama_sampler_init_greedy", POINTER);
    dist = bind("llama_sampler_init_dist", POINTER, INT);
    topK = bind("llama_sampler_init_top_k", POINTER, INT);
    topP = bind("llama_sampler_init_top_p", POINTER, FLOAT, LONG);
    minP = bind("llama_sampler_init_min_p", POINTER, FLOAT, LONG);
    temperature = bind("llama_sampler_init_temp", POINTER, FLOAT);
    penalties = bind("llama_sampler_init_penalties", POINTER, INT, FLOAT, FLOAT, FLOAT);
    requireExpectedLayouts();
  }

  /** Sends the library's log to a sink, and must come before anything else that logs. */
  void logTo(NativeLog log) throws StartFailure {
    try {
      MethodHandle line =
          MethodHandles.lookup()
              .findVirtual(
                  NativeLog.class,
                  "line",
                  MethodType.methodType(
                      void.class, int.class, MemorySegment.class, MemorySegment.class))
              .bindTo(log);
      MemorySegment callback =
          linker.upcallStub(line, FunctionDescriptor.ofVoid(INT, POINTER, POINTER), Arena.global());
      bindVoid("llama_log_set", POINTER, POINTER).invokeExact(callback, MemorySegment.NULL);
      bindVoid("llama_backend_init").invokeExact();
    } catch (StartFailure e) {
      throw e;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment modelDefaults(SegmentAllocator allocator) {
    try {
      return (MemorySegment) modelDefaults.invokeExact(allocator);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment contextDefaults(SegmentAllocator allocator) {
    try {
      return (MemorySegment) contextDefaults.invokeExact(allocator);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment loadModel(MemorySegment path, MemorySegment params) {
    try {
      return (MemorySegment) loadModel.invokeExact(path, params);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment newContext(MemorySegment model, MemorySegment params) {
    try {
      return (MemorySegment) newContext.invokeExact(model, params);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment vocab(MemorySegment model) {
    try {
      return (MemorySegment) vocab.invokeExact(model);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int contextTrained(MemorySegment model) {
    try {
      return (int) contextTrained.invokeExact(model);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  boolean hasEncoder(MemorySegment model) {
    try {
      return (boolean) hasEncoder.invokeExact(model);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment chatTemplate(MemorySegment model) {
    try {
      return (MemorySegment) chatTemplate.invokeExact(model, MemorySegment.NULL);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int applyTemplate(MemorySegment template, MemorySegment messages, long count, MemorySegment out) {
    try {
      return (int)
          applyTemplate.invokeExact(
              template, messages, count, true, out, Math.toIntExact(out.byteSize()));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int tokenize(
      MemorySegment vocab, MemorySegment text, int bytes, MemorySegment tokens, boolean special) {
    try {
      int room = Math.toIntExact(tokens.byteSize() / INT.byteSize());
      return (int) tokenize.invokeExact(vocab, text, bytes, tokens, room, special, true);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int tokenToPiece(MemorySegment vocab, int token, MemorySegment out, boolean special) {
    try {
      int room = Math.toIntExact(out.byteSize());
      return (int) tokenToPiece.invokeExact(vocab, token, out, room, 0, special);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  boolean isEndOfGeneration(MemorySegment vocab, int token) {
    try {
      return (boolean) isEndOfGeneration.invokeExact(vocab, token);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  boolean addsBos(MemorySegment vocab) {
    try {
      return (boolean) addsBos.invokeExact(vocab);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int bos(MemorySegment vocab) {
    try {
      return (int) bos.invokeExact(vocab);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int decode(MemorySegment context, MemorySegment batch) {
    try {
      return (int) decode.invokeExact(context, batch);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  void clearCache(MemorySegment context) {
    try {
      clearCache.invokeExact(context);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  MemorySegment newChain(MemorySegment params) {
    try {
      return (MemorySegment) newChain.invokeExact(params);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  void addGreedy(MemorySegment chain) {
    add(chain, greedy);
  }

  void addDist(MemorySegment chain, int seed) {
    add(chain, MethodHandles.insertArguments(dist, 0, seed));
  }

  void addTopK(MemorySegment chain, int k) {
    add(chain, MethodHandles.insertArguments(topK, 0, k));
  }

  void addTopP(MemorySegment chain, float p) {
    add(chain, MethodHandles.insertArguments(topP, 0, p, 1L));
  }

  void addMinP(MemorySegment chain, float p) {
    add(chain, MethodHandles.insertArguments(minP, 0, p, 1L));
  }

  void addTemperature(MemorySegment chain, float degrees) {
    add(chain, MethodHandles.insertArguments(temperature, 0, degrees));
  }

  void addPenalties(MemorySegment chain, int window, float frequency, float presence) {
    add(chain, MethodHandles.insertArguments(penalties, 0, window, 1f, frequency, presence));
  }

  private void add(MemorySegment chain, MethodHandle sampler) {
    try {
      MemorySegment made = (MemorySegment) sampler.invokeExact();
      addToChain.invokeExact(chain, made);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  void freeSampler(MemorySegment sampler) {
    try {
      freeSampler.invokeExact(sampler);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  int sample(MemorySegment sampler, MemorySegment context, int batchIndex) {
    try {
      return (int) sample.invokeExact(sampler, context, batchIndex);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** A library built from another llama.cpp would misread our structs and crash, much later. */
  private void requireExpectedLayouts() throws StartFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment defaults = contextDefaults(arena);
      boolean same =
          Layouts.readInt(Layouts.CONTEXT_PARAMS, defaults, "n_ctx") == 512
              && Layouts.readInt(Layouts.CONTEXT_PARAMS, defaults, "n_seq_max") == 1
              && Layouts.readFloat(Layouts.CONTEXT_PARAMS, defaults, "defrag_thold") == -1f
              && Layouts.readInt(Layouts.CONTEXT_PARAMS, defaults, "type_v") == 1;
      if (!same) {
        throw mismatch("its structs differ");
      }
    }
  }

  private MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments)
      throws StartFailure {
    return handle(name, FunctionDescriptor.of(result, arguments));
  }

  private MethodHandle bindVoid(String name, MemoryLayout... arguments) throws StartFailure {
    return handle(name, FunctionDescriptor.ofVoid(arguments));
  }

  private MethodHandle handle(String name, FunctionDescriptor descriptor) throws StartFailure {
    MemorySegment symbol =
        symbols.find(name).orElseThrow(() -> mismatch("it has no function " + name));
    return linker.downcallHandle(symbol, descriptor);
  }

  private static StartFailure mismatch(String how) {
    return new StartFailure(
        StartFailure.PLATFORM,
        "the native library is not the llama.cpp this program was written for: " + how);
  }

  /** A downcall throws only when the arguments do not fit the handle, which is a bug of ours. */
  private static IllegalStateException broken(Throwable cause) {
    return new IllegalStateException("calling llama.cpp failed", cause);
  }
}
