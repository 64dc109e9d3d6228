"""data_sets"""
