"""Wuhu (芜湖市): its sources, vocabulary and outline. Another city is another folder."""
