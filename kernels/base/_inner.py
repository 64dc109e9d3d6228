"""How Numba compiles code that only other kernels call: it is typed and lowered, and nothing more.

What Numba does besides for every function, and anew for each of its callers, is to optimise it and to make machine code
of it. Here both are done once, in the kernel that Python calls, with everything that it calls at hand. This takes a
quarter to a half off what there is to wait for when a machine starts cold, and the code is as quick.

This is the only file that knows how Numba is made inside. Where Numba is made otherwise, `INNER` asks for no more than
that the wrapper be left out, and all is compiled as usual.
"""

from __future__ import annotations

from typing import Any


def _inner_options() -> dict[str, Any]:
    from numba import _dynfunc
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import NativeLowering

    class InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
        """Code that waits to be linked into that of its callers."""

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class InnerLowering(NativeLowering):  # type: ignore[misc]
        """Lowering into an `InnerLibrary`."""

        _name = "inner_lowering"

        def run_pass(self, state: Any) -> bool:
            state.library = InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
            state.flags.no_compile = True
            super().run_pass(state)
            lowered = state["cr"]
            state.library._ensure_finalized()
            # Callers know what they call by an object, which nobody calls: its address is 0.
            module, name = lowered.fndesc.lookup_module(), lowered.fndesc.qualname
            entry = _dynfunc.make_function(module, name, "inner form", 0, lowered.env, (state.library,))
            state.targetctx.insert_user_function(entry, lowered.fndesc, [state.library])
            state["cr"] = lowered._replace(cfunc=entry)
            return True

    class InnerCompiler(CompilerBase):  # type: ignore[misc]
        def define_pipelines(self) -> list[Any]:
            manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
            names = [kind for kind, _ in manager.passes]
            manager.passes[names.index(NativeLowering)] = (InnerLowering, "inner lowering")
            manager._finalized = False
            manager.finalize()
            return [manager]

    return {"no_cpython_wrapper": True, "pipeline_class": InnerCompiler}


try:
    INNER = _inner_options()
except (ImportError, AttributeError):
    INNER = {"no_cpython_wrapper": True}
