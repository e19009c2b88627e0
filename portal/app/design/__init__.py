"""The living pages of the design system, /design: every component in each state, from the macros that pages use.

Owns the examples' data. Shown in the demo only; `?lang=ar` shows the same pages from right to left, `?text=long` what
long words and sentences do to a component, `?text=none` what it says where there is nothing.
"""

from portal.app.design.routes import design_blueprint

__all__ = ["design_blueprint"]
