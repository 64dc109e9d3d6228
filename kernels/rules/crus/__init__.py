"""crus"""
